"""提取: money going out to members, in part or on closing the account."""
