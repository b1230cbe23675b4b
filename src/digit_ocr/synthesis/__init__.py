"""How digits are written and photographed: pictures to learn from, made by seeded generators."""
