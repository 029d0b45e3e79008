"""Pure decisions: from migrations, records and live tables to a Plan or a Status. No clock, no path, no boto3."""
