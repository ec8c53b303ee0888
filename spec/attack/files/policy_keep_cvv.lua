-- Keeps a CVV.
-- Stopped: cvv: keep would show something of a card verification value: only hide and drop may stand there
return { cvv = keep }
