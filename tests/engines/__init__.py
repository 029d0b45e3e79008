"""The engines that tests run against: how they are fetched, started and stopped."""
