return { card = function() end }
