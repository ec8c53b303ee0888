-- Changes a rule behind its back.
-- Stopped: cards.load: invalid_request
table.insert(hide, 1, 'x') return { cvv = hide }
