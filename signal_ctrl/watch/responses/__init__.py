"""Emergency plans: stored responses, checked, rehearsed, ordered as one act and ended as one."""
