"""What browsers may do with our pages."""


def content_policy(framed_by: str = "'none'") -> str:
    """Write the content policy of a page, with who may show it in a frame.

    No inline code and nothing from other servers. Our scripts set positions through the object
    model and draw a visitor's photo on a canvas, so neither inline styles nor `blob:` addresses
    are needed.
    """
    return (
        "default-src 'none'; img-src 'self'; style-src 'self'; script-src 'self'; "
        "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {framed_by}"
    )
