package cwsim

import "slices"

// kind is the type of a field as the schema declares it.
type kind int

const (
	kindString  kind = iota
	kindInt          // 32 bit integer
	kindNumber       // double
	kindBool         //
	kindTime         // date-time, UTC, whole seconds
	kindDay          // a civil day, stored as its midnight in UTC; how it is written is a switch
	kindGUID         //
	kindRef          // reference to one record of another table
	kindRefs         // array of references
	kindObjects      // array of objects of the entity sub
	kindStrings      // array of strings
	kindInts         // array of integers
	kindAny          // any JSON value (the value of a custom field)
	kindInfo         // _info
)

func (k kind) array() bool {
	return k == kindRefs || k == kindObjects || k == kindStrings || k == kindInts
}

// field is one property of an entity.
type field struct {
	name     string
	kind     kind
	max      int // longest text in characters, 0 for no limit
	low, top int // allowed range of an integer, both 0 for any
	required bool
	postOnly bool // accepted when creating, ignored afterwards
	hidden   bool // accepted, never returned
	readOnly bool
	ref      refType
	sub      *entity
	enum     []string
}

func str(name string, most int) field   { return field{name: name, kind: kindString, max: most} }
func integer(name string) field         { return field{name: name, kind: kindInt} }
func number(name string) field          { return field{name: name, kind: kindNumber} }
func flag(name string) field            { return field{name: name, kind: kindBool} }
func moment(name string) field          { return field{name: name, kind: kindTime} }
func guid(name string) field            { return field{name: name, kind: kindGUID} }
func ref(name string, to refType) field { return field{name: name, kind: kindRef, ref: to} }
func refs(name string, to refType) field {
	return field{name: name, kind: kindRefs, ref: to}
}

func objects(name string, sub *entity) field {
	return field{name: name, kind: kindObjects, sub: sub}
}

func choice(name string, values ...string) field {
	return field{name: name, kind: kindString, enum: values}
}

func (f field) must() field       { f.required = true; return f }
func (f field) onPost() field     { f.postOnly = true; return f }
func (f field) fixed() field      { f.readOnly = true; return f }
func (f field) unreturned() field { f.hidden = true; return f }

func (f field) within(low, top int) field {
	f.low, f.top = low, top
	return f
}

// refType says which table a reference points at and which of its fields the reference repeats.
type refType struct {
	table  string
	href   string // key of its link, without _href
	fields []string
}

func (t refType) has(name string) bool {
	return slices.Contains(t.fields, name)
}

// href is one link under _info. target may contain %d for the record's id.
type href struct{ name, target string }

// entity is the schema of one table.
type entity struct {
	name   string // table name: "companies"
	label  string // as messages spell it: "Company"
	object string // as validation errors spell it: "company"
	path   string // where it lives below /apis/3.0
	fields []field
	links  []href
	// title is the field that references show as name, when it is not called so.
	title string
	// unique is a field whose value no two records share.
	unique string
	// plain tables carry no _info.
	plain bool
	index map[string]int
	// derived fields are computed when they are read, unless a test stored something in their place.
	derived map[int]func(*state, *row) any
}

// indexed completes an entity: every table begins with id and ends with _info.
func indexed(e entity) *entity {
	e.fields = append([]field{integer("id")}, e.fields...)
	if !e.plain {
		e.fields = append(e.fields, field{name: "_info", kind: kindInfo})
	}
	e.index = make(map[string]int, len(e.fields))
	for i, f := range e.fields {
		e.index[f.name] = i
	}
	return &e
}

// field finds a field by its exact name; positions are what rows store.
func (e *entity) field(name string) (int, *field) {
	i, ok := e.index[name]
	if !ok {
		return -1, nil
	}
	return i, &e.fields[i]
}

// nameField is the position of what references show as name.
func (e *entity) nameField() int {
	if e.title != "" {
		return e.index[e.title]
	}
	if i, ok := e.index["name"]; ok {
		return i
	}
	return -1
}
