-- Changes a rule for all policies.
-- Stopped: cards.load: invalid_request
keep.name = 'x' return { exp_year = keep }
