-- Compares a plain field with a card number, which it may turn out to hold.
-- Stopped: a card number is nothing to compare with
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', success = { path = 'reference', equals = '4111111100551111' }, response = { fields = { reference = 'string' } } } } }
