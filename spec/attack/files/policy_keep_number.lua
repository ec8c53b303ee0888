-- Keeps a number.
-- Stopped: number: keep would show a whole card number: pan { first = 6, last = 4 } masks it
return { number = keep }
