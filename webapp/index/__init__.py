"""The index: codes as mapped arrays, engines over them, and the generations that are published."""
