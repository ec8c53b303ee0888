-- Maps a secret to a word that is shown.
-- Stopped: operations.show.card.status.2: what 'map' makes of 'cvv' would tell a file about a secret
return { name = 'attack', base_url = 'https://a.example', auth = { type = 'bearer' }, operations = { show = { path = '/c', response = { fields = { pan = 'pan', cvv = 'cvv' } }, card = { number = 'pan', status = { 'cvv', map { ['739'] = 'open' } } } } } }
