"""Tests of osem_migrate; the folders mirror the package."""
