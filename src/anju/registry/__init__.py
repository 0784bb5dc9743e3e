"""Who takes part: units (缴存单位) and members (缴存职工), their accounts and states."""
