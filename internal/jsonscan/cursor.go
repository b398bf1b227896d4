package jsonscan

// Cursor takes a text apart in one pass, from the outside in: whoever is given
// a member or an element takes its value with one of the Cursor's methods.
type Cursor struct {
	b     source
	i     int
	depth int
}

// Read begins with the value that is the whole of text.
func Read(text []byte) *Cursor {
	b := source(text)
	return &Cursor{b: b, i: b.space(0)}
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

// Object reports whether an object comes.
func (c *Cursor) Object() bool { return c.b.at(c.i) == '{' }

// Value takes whatever comes, and returns it as it stands in the text.
func (c *Cursor) Value() ([]byte, bool) {
	start := c.i
	ok := c.move(c.b.value(start, c.depth))
	return c.b[start:c.i:c.i], ok
}

// End reports whether all of the text was taken.
func (c *Cursor) End() bool { return c.b.space(c.i) == len(c.b) }

// move goes to where something ended, unless it failed.
func (c *Cursor) move(to int) bool {
	if to == failed {
		return false
	}
	c.i = to
	return true
}

// opens takes the beginning of an object or an array.
func (c *Cursor) opens(begin byte) bool {
	c.depth++
	return c.depth <= MaxDepth && c.b.at(c.i) == begin && c.move(c.b.space(c.i+1))
}

// closes takes the end of an empty one.
func (c *Cursor) closes(end byte) bool { return c.b.at(c.i) == end && c.move(c.i+1) }

// next takes a comma (more is true) or the end.
func (c *Cursor) next(end byte) (more, ok bool) {
	to, more := c.b.next(c.i, end)
	return more, c.move(to)
}

// name takes a member's name and the colon.
func (c *Cursor) name() ([]byte, bool) {
	from := c.i
	to, escaped := c.b.text(from)
	name, ok := c.b.unquoted(from, to, escaped)
	return name, ok && c.move(c.b.colon(to))
}
