"""What is risky in scripts although DynamoDB would accept it: one rule a file, and what the rules look at."""
