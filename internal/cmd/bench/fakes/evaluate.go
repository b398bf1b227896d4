package fakes

import (
	"regexp"
	"strconv"
	"strings"
)

// evaluate says whether a row meets a condition of the kinds that the stores
// write: comparisons, IN, attribute_(not_)exists, AND, OR, NOT, parentheses.
// Anything else is an error.
func evaluate(text string, e expression, values map[string]string, r *row) (bool, error) {
	p := parser{words: tokens.FindAllString(text, -1), names: e.ExpressionAttributeNames, values: values, row: r}
	ok := p.or()
	if p.err == nil && p.i != len(p.words) {
		p.fail()
	}
	return ok, p.err
}

var tokens = regexp.MustCompile(`[#:]?[A-Za-z_]+|<=|>=|<>|[=<>(),]`)

type parser struct {
	words  []string
	i      int
	names  map[string]string
	values map[string]string
	row    *row
	err    error
}

func (p *parser) fail() {
	if p.err == nil {
		p.err = invalid("condition %q is not known at word %d", strings.Join(p.words, " "), p.i)
	}
}

func (p *parser) peek() string {
	if p.i < len(p.words) {
		return p.words[p.i]
	}
	return ""
}

func (p *parser) take(w string) bool {
	if p.peek() != w {
		return false
	}
	p.i++
	return true
}

func (p *parser) want(w string) {
	if !p.take(w) {
		p.fail()
	}
}

func (p *parser) next() string {
	w := p.peek()
	p.i++
	return w
}

func (p *parser) or() bool {
	v := p.and()
	for p.take("OR") {
		w := p.and()
		v = v || w
	}
	return v
}

func (p *parser) and() bool {
	v := p.not()
	for p.take("AND") {
		w := p.not()
		v = v && w
	}
	return v
}

func (p *parser) not() bool {
	if p.take("NOT") {
		return !p.not()
	}
	if p.take("(") {
		v := p.or()
		p.want(")")
		return v
	}
	if p.peek() == "attribute_not_exists" || p.peek() == "attribute_exists" {
		return p.exists()
	}
	return p.compare()
}

func (p *parser) exists() bool {
	wanted := p.next() == "attribute_exists"
	p.want("(")
	_, ok := p.row.value(p.names[p.next()])
	p.want(")")
	return ok == wanted
}

// operand is a value, and whether there is one.
func (p *parser) operand() (string, bool) {
	w := p.next()
	if strings.HasPrefix(w, "#") {
		return p.row.value(p.names[w])
	}
	v, ok := p.values[w]
	if !ok {
		p.fail()
	}
	return v, ok
}

func (p *parser) compare() bool {
	if p.err != nil {
		return false
	}
	left, ok := p.operand()
	op := p.next()
	if op == "IN" {
		return p.in(left, ok)
	}
	if op == "BETWEEN" {
		return p.between(left, ok)
	}
	right, ok2 := p.operand()
	c, comparable := order(left, right)
	if !ok || !ok2 {
		return false
	}
	switch op {
	case "=":
		return left == right || comparable && c == 0
	case "<>":
		return left != right
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	}
	p.fail()
	return false
}

func (p *parser) between(v string, ok bool) bool {
	from, _ := p.operand()
	p.want("AND")
	to, _ := p.operand()
	low, _ := order(from, v)
	high, _ := order(v, to)
	return ok && low <= 0 && high <= 0
}

func (p *parser) in(left string, ok bool) (found bool) {
	p.want("(")
	for {
		right, _ := p.operand()
		found = found || ok && left == right
		if !p.take(",") {
			break
		}
	}
	p.want(")")
	return found
}

// order compares numbers by value and all else by its bytes. Sort keys are
// padded, so that both are the same.
func order(a, b string) (int, bool) {
	x, err1 := strconv.ParseInt(a, 10, 64)
	y, err2 := strconv.ParseInt(b, 10, 64)
	if err1 != nil || err2 != nil {
		return strings.Compare(a, b), false
	}
	switch {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	default:
		return 0, true
	}
}
