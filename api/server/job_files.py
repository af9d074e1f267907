"""The folder between a supervisor and its planner: names of the files that appear in it."""

INCUMBENT = "incumbent.zip"  # a plan to begin with; later the best so far
VIOLATIONS = "violations.json"  # what the checker says of the plan
PLAN = "plan.zip"  # the plan; the last to appear
