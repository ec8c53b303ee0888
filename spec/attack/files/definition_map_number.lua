-- Maps a card number, which a plain field may turn out to hold.
-- Stopped: a card number is no word of a map
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { reference = 'string' } }, card = { cvv = { 'reference', map { ['4111111100551111'] = 'a' } } } } } }
