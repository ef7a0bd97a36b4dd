"""Which rubrics and judges are on trial and in force: records, their table, and what earlier versions kept."""
