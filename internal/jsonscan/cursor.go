package jsonscan

// Cursor takes a text apart in one pass, from the outside in: whoever is given
// a member or an element takes its value with one of the Cursor's methods.
type Cursor struct {
	scanner
	depth int
}

// Read begins with the value that is the whole of text.
func Read(text []byte) *Cursor {
	c := &Cursor{scanner: scanner{b: text}}
	c.space()
	return c
}

// Members takes an object. It reports false if there is none, or if member
// does. Names are unquoted.
func (c *Cursor) Members(member func(name []byte) bool) bool {
	if !c.opens('{') {
		return false
	}
	for more := !c.closes('}'); more; {
		name, ok := c.name()
		if !ok || !member(name) {
			return false
		}
		if more, ok = c.next('}'); !ok {
			return false
		}
	}
	c.depth--
	return true
}

// Elements takes an array as Members takes an object.
func (c *Cursor) Elements(element func() bool) bool {
	if !c.opens('[') {
		return false
	}
	for more := !c.closes(']'); more; {
		if !element() {
			return false
		}
		var ok bool
		if more, ok = c.next(']'); !ok {
			return false
		}
	}
	c.depth--
	return true
}

// opens takes the beginning of an object or an array.
func (c *Cursor) opens(begin byte) bool {
	c.depth++
	return c.depth <= MaxDepth && c.take(begin)
}

// Value takes whatever comes, and returns it as it stands in the text.
func (c *Cursor) Value() ([]byte, bool) {
	start := c.i
	ok := c.value(c.depth)
	return c.b[start:c.i:c.i], ok
}

// End reports whether all of the text was taken.
func (c *Cursor) End() bool { return c.atEnd() }
