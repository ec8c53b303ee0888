-- Maps a CVV of a provider that is defined later.
-- Stopped: loaded: as it is
return { ['zzlater.show'] = { cvv = { 'cvv', map { ['739'] = 'a', ['111'] = 'abcdefgh' } } } }
