"""The rooms of `tui login`: what is shown, what is typed, what interrupts, and how it is saved."""
