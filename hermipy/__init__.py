"""Hermipy: run an unmodified Linux binary as a unikernel."""
