"""State machines, planner and profiles' schedules."""
