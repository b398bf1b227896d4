package template

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
)

// Int is a number that the template may also give as a text, which is what a
// !Ref to a parameter yields.
type Int int

// UnmarshalJSON takes 30 and "30".
func (i *Int) UnmarshalJSON(data []byte) error {
	v, err := decodeAny(data)
	if err != nil {
		return err
	}
	return i.set(v)
}

func (i *Int) set(v any) error {
	n, err := strconv.Atoi(fmt.Sprint(v))
	if err != nil {
		return fmt.Errorf("%v is not a whole number", v)
	}
	*i = Int(n)
	return nil
}

// Bool is a boolean that may be given as a text.
type Bool bool

// UnmarshalJSON takes true and "true".
func (b *Bool) UnmarshalJSON(data []byte) error {
	v, err := decodeAny(data)
	if err != nil {
		return err
	}
	parsed, err := strconv.ParseBool(fmt.Sprint(v))
	if err != nil {
		return fmt.Errorf("%v is not a boolean", v)
	}
	*b = Bool(parsed)
	return nil
}

// Text is a string that may be given as a number or boolean.
type Text string

// UnmarshalJSON takes "30", 30 and true.
func (t *Text) UnmarshalJSON(data []byte) error {
	v, err := decodeAny(data)
	if err != nil {
		return err
	}
	s, err := scalarText("value", v)
	*t = Text(s)
	return err
}

// oneOrMore is a list that may be given as its only element.
type oneOrMore []string

// UnmarshalJSON takes "a" and ["a", "b"].
func (l *oneOrMore) UnmarshalJSON(data []byte) error {
	var list []string
	if err := json.Unmarshal(data, &list); err == nil {
		*l = list
		return nil
	}
	var one string
	err := json.Unmarshal(data, &one)
	*l = oneOrMore{one}
	return err
}

// ignored is a property that is known and does nothing locally.
type ignored = json.RawMessage

func decodeAny(data []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var v any
	err := dec.Decode(&v)
	return v, err
}

// decode fills out from evaluated properties and refuses unknown ones.
func decode(path string, v, out any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return fail(path, "%v", err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(out); err != nil {
		return fail(path, "%v", err)
	}
	return nil
}
