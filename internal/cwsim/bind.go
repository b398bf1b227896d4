package cwsim

import "strings"

// predicate is a condition bound to a schema.
type predicate func(*row) bool

// operand is a bound field: its type and how to read it.
type operand struct {
	ofID bool
	kind kind
	get  func(*row) any
}

// binder turns parsed conditions into predicates over the rows of one entity.
type binder struct {
	st      *state
	resolve func(path string) (operand, error)
	// element resolves paths that stand for one element of an array, where there are any.
	element  func(path string) (array int, o operand, ok bool)
	noIn     bool // child and custom field conditions know no in
	wildcard bool // = treats * in a string as a wildcard
}

func (b *binder) bind(e *expr) (predicate, error) {
	switch e.op {
	case "and", "or":
		return b.logic(e)
	case "not":
		of, err := b.bind(e.left)
		return func(r *row) bool { return !of(r) }, err
	default:
		return b.compare(e)
	}
}

func (b *binder) logic(e *expr) (predicate, error) {
	left, err := b.bind(e.left)
	if err != nil {
		return nil, err
	}
	right, err := b.bind(e.right)
	if err != nil {
		return nil, err
	}
	if e.op == "and" {
		return func(r *row) bool { return left(r) && right(r) }, nil
	}
	return func(r *row) bool { return left(r) || right(r) }, nil
}

func (b *binder) compare(c *expr) (predicate, error) {
	if b.element != nil {
		if array, o, ok := b.element(c.path); ok {
			p, err := b.compareWith(o, c)
			return anyElement(array, p), err
		}
	}
	o, err := b.resolve(c.path)
	if err != nil {
		return nil, err
	}
	return b.compareWith(o, c)
}

func (b *binder) compareWith(o operand, c *expr) (predicate, error) {
	switch {
	case c.op == "in" && b.noIn:
		return nil, conditionError("The operator in is not supported here.")
	case c.op == "in":
		return b.in(o, c.literals)
	case c.literals[0].is("null"):
		return nullTest(o, c)
	case o.kind == kindRef || o.kind == kindInfo:
		return nil, unrecognized(c.path)
	}
	return b.test(o, c.op, c.literals[0])
}

func (b *binder) in(o operand, literals []token) (predicate, error) {
	tests := make([]predicate, len(literals))
	for i, l := range literals {
		var err error
		if tests[i], err = b.test(o, "=", l); err != nil {
			return nil, err
		}
	}
	return func(r *row) bool {
		for _, t := range tests {
			if t(r) {
				return true
			}
		}
		return false
	}, nil
}

func nullTest(o operand, c *expr) (predicate, error) {
	switch c.op {
	case "=":
		return func(r *row) bool { return o.get(r) == nil }, nil
	case "!=":
		return func(r *row) bool { return o.get(r) != nil }, nil
	}
	return nil, conditionError("null can be compared with = and != only.")
}

// test compares a field with one literal. As in SQL, nothing but a test for null holds for a null.
func (b *binder) test(o operand, op string, lit token) (predicate, error) {
	if err := checkLiteral(o.kind, op, lit); err != nil {
		return nil, err
	}
	if lit.kind == tokString && (op == "contains" || op == "like" || b.wildcard && op == "=" && strings.Contains(lit.text, "*")) {
		return matchText(o, op, lit.text), nil
	}
	holds := map[string]func(int) bool{
		"=": func(n int) bool { return n == 0 }, "!=": func(n int) bool { return n != 0 },
		"<": func(n int) bool { return n < 0 }, "<=": func(n int) bool { return n <= 0 },
		">": func(n int) bool { return n > 0 }, ">=": func(n int) bool { return n >= 0 },
	}[op]
	order := orderTo(lit)
	return func(r *row) bool {
		v := o.get(r)
		if v == nil {
			return false
		}
		n, ok := order(v)
		return ok && holds(n)
	}, nil
}

func matchText(o operand, op, pattern string) predicate {
	m := compileLike(pattern, op == "contains")
	return func(r *row) bool {
		s, ok := o.get(r).(string)
		return ok && m.match(s)
	}
}

// orderTo compares values with a literal: negative when the value comes first.
func orderTo(lit token) func(any) (int, bool) {
	switch lit.kind {
	case tokString:
		want := fold(lit.text)
		return func(v any) (int, bool) {
			s, ok := v.(string)
			return strings.Compare(fold(s), want), ok
		}
	case tokTime:
		return func(v any) (int, bool) {
			s, ok := v.(stamp)
			return order(s, lit.at), ok
		}
	case tokNumber:
		return func(v any) (int, bool) {
			n, ok := toFloat(v)
			return order(n, lit.number), ok
		}
	default:
		want := lit.is("true")
		return func(v any) (int, bool) {
			got, ok := v.(bool)
			return order(rank(got), rank(want)), ok
		}
	}
}

func order[T int | float64 | stamp](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

func rank(b bool) int {
	if b {
		return 1
	}
	return 0
}

// checkLiteral refuses a literal of the wrong type, naming both types as ConnectWise does.
func checkLiteral(k kind, op string, lit token) error {
	text := op == "contains" || op == "like"
	want := literalName(k)
	if want == "" {
		return nil
	}
	got := map[tokenKind]string{tokString: "string", tokNumber: "numeric", tokTime: "datetime", tokWord: "boolean"}[lit.kind]
	if lit.is("null") {
		return conditionError("null can be compared with = and != only.")
	}
	if text && want != "string" {
		return conditionError("The operator " + op + " needs a string field.")
	}
	if got == want {
		return nil
	}
	return conditionError("Expected a " + want + " value, not a " + got + ". String values should be enclosed with double or single" +
		" quotes; DateTime values should be enclosed with square brackets; Boolean values should be true or false.")
}

func literalName(k kind) string {
	switch k {
	case kindInt, kindNumber:
		return "numeric"
	case kindBool:
		return "boolean"
	case kindTime, kindDay:
		return "datetime"
	case kindAny:
		return ""
	default:
		return "string"
	}
}
