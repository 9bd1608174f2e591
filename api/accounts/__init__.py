"""Who may use the console and the interface: people with passwords, case systems and desktops with keys."""
