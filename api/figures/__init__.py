"""What supervisors look at: how much comes in, who waits, what is late, what grows. Counts, no names."""
