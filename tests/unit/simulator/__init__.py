"""Tests of the simulator of AWS."""
