"""What the tests share: made-up logins, found programs, ways to run `tui`, and the guard."""
