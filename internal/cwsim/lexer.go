package cwsim

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

type tokenKind int

const (
	tokEnd tokenKind = iota
	tokWord
	tokString
	tokNumber
	tokTime
	tokOp     // = != < <= > >=
	tokParens // ( ) ,
)

// token is one word of a condition. number and at are set for literals of those kinds.
type token struct {
	kind   tokenKind
	text   string
	number float64
	at     stamp
	pos    int
}

// is says whether the token is this keyword, in any case.
func (t token) is(word string) bool { return t.kind == tokWord && strings.EqualFold(t.text, word) }

// lexer splits the text of a condition into tokens.
type lexer struct {
	text string
	pos  int
	// backslash makes \" a quote inside a string; without it a backslash is an ordinary character.
	backslash bool
}

func syntaxError(pos int, format string, args ...any) error {
	return conditionError(fmt.Sprintf("Syntax error at position %d: %s.", pos, fmt.Sprintf(format, args...)))
}

func (l *lexer) next() (token, error) {
	for l.pos < len(l.text) && isSpace(l.text[l.pos]) {
		l.pos++
	}
	start := l.pos
	if start == len(l.text) {
		return token{kind: tokEnd, pos: start}, nil
	}
	switch c := l.text[start]; {
	case c == '"' || c == '\'':
		return l.quoted(c)
	case c == '[':
		return l.moment()
	case c == '(' || c == ')' || c == ',':
		l.pos++
		return token{kind: tokParens, text: l.text[start:l.pos], pos: start}, nil
	case strings.IndexByte("=!<>", c) >= 0:
		return l.operator()
	case c == '-' || isDigit(c):
		return l.digits()
	case isLetter(c):
		return l.word(), nil
	default:
		return token{}, syntaxError(start, "unexpected character %q", c)
	}
}

func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isLetter(c byte) bool { return c == '_' || c|0x20 >= 'a' && c|0x20 <= 'z' }

func (l *lexer) quoted(quote byte) (token, error) {
	start := l.pos
	var text strings.Builder
	for l.pos++; l.pos < len(l.text); l.pos++ {
		c := l.text[l.pos]
		switch {
		case c == quote:
			l.pos++
			return token{kind: tokString, text: text.String(), pos: start}, nil
		case c == '\\' && l.backslash && l.pos+1 < len(l.text):
			l.pos++
			c = l.text[l.pos]
		}
		text.WriteByte(c)
	}
	return token{}, syntaxError(start, "unterminated string")
}

// moment reads [2016-08-20T18:04:26Z]. Fractions of a second are refused, as some of ConnectWise's fields do.
func (l *lexer) moment() (token, error) {
	start := l.pos
	end := strings.IndexByte(l.text[start:], ']')
	if end < 0 {
		return token{}, syntaxError(start, "unterminated date")
	}
	l.pos = start + end + 1
	text := strings.TrimSpace(l.text[start+1 : start+end])
	if !strings.Contains(text, ".") {
		for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02"} {
			if t, err := time.Parse(layout, text); err == nil {
				return token{kind: tokTime, text: text, at: stampOf(t), pos: start}, nil
			}
		}
	}
	return token{}, syntaxError(start, "%q is not a date", text)
}

func (l *lexer) operator() (token, error) {
	for _, op := range []string{"!=", "<=", ">=", "=", "<", ">"} {
		if strings.HasPrefix(l.text[l.pos:], op) {
			l.pos += len(op)
			return token{kind: tokOp, text: op, pos: l.pos - len(op)}, nil
		}
	}
	return token{}, syntaxError(l.pos, "unexpected character %q", l.text[l.pos])
}

func (l *lexer) digits() (token, error) {
	start := l.pos
	for l.pos++; l.pos < len(l.text) && (isDigit(l.text[l.pos]) || l.text[l.pos] == '.'); l.pos++ {
	}
	text := l.text[start:l.pos]
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || l.pos < len(l.text) && isLetter(l.text[l.pos]) {
		return token{}, syntaxError(start, "%q is not a number", text)
	}
	return token{kind: tokNumber, text: text, number: n, pos: start}, nil
}

func (l *lexer) word() token {
	start := l.pos
	for l.pos < len(l.text) && (isLetter(l.text[l.pos]) || isDigit(l.text[l.pos]) || l.text[l.pos] == '/') {
		l.pos++
	}
	return token{kind: tokWord, text: l.text[start:l.pos], pos: start}
}
