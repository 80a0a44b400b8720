"""The doctor: a scenario for every cause that it names."""
