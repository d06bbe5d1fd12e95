"""The proof that nothing is lost and nothing goes twice: real processes, real faults, and an oracle of its own."""
