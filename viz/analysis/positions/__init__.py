"""Where the order of the words is: tables of positions, changed orders, heads that follow places."""
