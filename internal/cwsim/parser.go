package cwsim

import "strings"

// expr is a parsed condition: and, or and not have operands, every other op compares a field with one literal, or with
// several for in.
type expr struct {
	op          string // and or not = != < <= > >= contains like in
	left, right *expr  // not has left only
	path        string
	literals    []token
}

// maxDepth bounds parentheses and nots, since the parser and the evaluator recurse.
const maxDepth = 200

// parser is a recursive descent over
//
//	or   = and { OR and }
//	and  = term { AND term }
//	term = NOT term | "(" or ")" | path [NOT] operator literals
type parser struct {
	lex   lexer
	tok   token
	depth int
}

// parse reads a whole condition.
func parse(text string, backslash bool) (*expr, error) {
	p := &parser{lex: lexer{text: text, backslash: backslash}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	if p.tok.kind != tokEnd {
		return nil, syntaxError(p.tok.pos, "unexpected %q", p.tok.text)
	}
	return e, nil
}

func (p *parser) advance() (err error) {
	p.tok, err = p.lex.next()
	return err
}

func (p *parser) or() (*expr, error)  { return p.chain("or", p.and) }
func (p *parser) and() (*expr, error) { return p.chain("and", p.term) }

func (p *parser) chain(word string, operand func() (*expr, error)) (*expr, error) {
	left, err := operand()
	for err == nil && p.tok.is(word) {
		if err = p.advance(); err != nil {
			break
		}
		var right *expr
		if right, err = operand(); err == nil {
			left = &expr{op: word, left: left, right: right}
		}
	}
	return left, err
}

func (p *parser) term() (*expr, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, syntaxError(p.tok.pos, "nested too deeply")
	}
	defer func() { p.depth-- }()
	switch {
	case p.tok.is("not"):
		if err := p.advance(); err != nil {
			return nil, err
		}
		e, err := p.term()
		return &expr{op: "not", left: e}, err
	case p.tok.kind == tokParens && p.tok.text == "(":
		return p.group()
	case p.tok.kind == tokWord:
		return p.comparison()
	default:
		return nil, syntaxError(p.tok.pos, "expected a name")
	}
}

func (p *parser) group() (*expr, error) {
	if err := p.advance(); err != nil {
		return nil, err
	}
	e, err := p.or()
	if err != nil {
		return nil, err
	}
	return e, p.expect(")")
}

func (p *parser) expect(text string) error {
	if p.tok.kind != tokParens || p.tok.text != text {
		return syntaxError(p.tok.pos, "expected %q", text)
	}
	return p.advance()
}

func (p *parser) comparison() (*expr, error) {
	c := &expr{path: p.tok.text}
	if err := p.advance(); err != nil {
		return nil, err
	}
	not := p.tok.is("not")
	if not {
		if err := p.advance(); err != nil {
			return nil, err
		}
	}
	var err error
	if c.op, err = p.operator(not); err != nil {
		return nil, err
	}
	if c.op == "in" {
		c.literals, err = p.list()
	} else {
		c.literals, err = p.literal(nil)
	}
	if not {
		return &expr{op: "not", left: c}, err
	}
	return c, err
}

// operator reads an operator; after NOT only a word may follow.
func (p *parser) operator(wordOnly bool) (string, error) {
	op := strings.ToLower(p.tok.text)
	word := p.tok.kind == tokWord && (op == "contains" || op == "like" || op == "in")
	if !word && (wordOnly || p.tok.kind != tokOp) {
		return "", syntaxError(p.tok.pos, "expected an operator")
	}
	return op, p.advance()
}

func (p *parser) list() ([]token, error) {
	if err := p.expect("("); err != nil {
		return nil, err
	}
	out, err := p.literal(nil)
	for err == nil && p.tok.kind == tokParens && p.tok.text == "," {
		if err = p.advance(); err == nil {
			out, err = p.literal(out)
		}
	}
	if err != nil {
		return nil, err
	}
	return out, p.expect(")")
}

func (p *parser) literal(to []token) ([]token, error) {
	t := p.tok
	switch {
	case t.kind == tokString || t.kind == tokNumber || t.kind == tokTime:
	case t.is("true") || t.is("false") || t.is("null"):
	default:
		return nil, syntaxError(t.pos, "expected a value")
	}
	return append(to, t), p.advance()
}
