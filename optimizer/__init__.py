"""Scenario in, plan out: trips, rooms and money with a proven distance from the best."""
