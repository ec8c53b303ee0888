-- Spells the digits of a number in a text as letters.
-- Stopped: status=chpan
return { ['alix.private_info'] = { number = 'cardNo', status = function(r) return (r.expYear .. r.cardNo.class):gsub('%d', function(d) return ('abcdefghij'):sub(d + 1, d + 1) end) end } }
