"""The cage: processes of their own that decode and hash strangers' pictures.

A picture that hangs its decoder, or eats memory, then costs one of these processes and nothing
else; and pages need not wait for pictures. `hashbag serve` starts them, all workers that serve
share them, over a socket in a folder of theirs.
"""
