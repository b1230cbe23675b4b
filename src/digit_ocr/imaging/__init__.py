"""A picture made ready for a model: decoded, upright, ink on paper, cropped and centred."""
