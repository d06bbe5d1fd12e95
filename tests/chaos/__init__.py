"""The proof that nothing is lost or goes twice: real processes, real faults, an oracle of its own."""
