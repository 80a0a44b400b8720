"""A service in the place of OpenAI's, on this machine alone: issuer and ChatGPT backend over real HTTP.

`tui --demo` is played against it, and so are the tests. Everybody in it is made up, nothing in it verifies
anything for real, and it listens on 127.0.0.1 only.
"""
