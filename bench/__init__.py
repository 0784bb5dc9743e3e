"""Speed, shown as ratios: each figure stands beside a named peer or limit measured in the same run."""
