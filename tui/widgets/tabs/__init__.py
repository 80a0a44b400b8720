"""The tabs of the detail, one a room: each turns what is known into lines, and draws nothing."""
