package template

import (
	"fmt"
	"slices"
	"strings"
)

// noValue is what AWS::NoValue evaluates to: the property or element that
// holds it is removed.
type noValue struct{}

// eval resolves every intrinsic function below v. path says where v stands.
func (s *scope) eval(path string, v any) (any, error) {
	switch v := v.(type) {
	case object:
		if name, arg, ok := intrinsic(v); ok {
			return s.call(path, name, arg)
		}
		return s.evalObject(path, v)
	case []any:
		return s.evalList(path, v)
	default:
		return v, nil
	}
}

func (s *scope) evalObject(path string, m object) (any, error) {
	out := make(object, len(m))
	for key, value := range m {
		if strings.HasPrefix(key, "Fn::") {
			return nil, fail(path, "%s must be the only key", key)
		}
		v, err := s.eval(path+"."+key, value)
		if err != nil {
			return nil, err
		}
		if _, drop := v.(noValue); !drop {
			out[key] = v
		}
	}
	return out, nil
}

func (s *scope) evalList(path string, list []any) (any, error) {
	out := make([]any, 0, len(list))
	for i, value := range list {
		v, err := s.eval(fmt.Sprintf("%s[%d]", path, i), value)
		if err != nil {
			return nil, err
		}
		if _, drop := v.(noValue); !drop {
			out = append(out, v)
		}
	}
	return out, nil
}

// intrinsic recognises {"Ref": x} and {"Fn::Name": x}.
func intrinsic(m object) (name string, arg any, ok bool) {
	if len(m) != 1 {
		return "", nil, false
	}
	for key, value := range m {
		if key == "Ref" || strings.HasPrefix(key, "Fn::") {
			return key, value, true
		}
	}
	return "", nil, false
}

func (s *scope) call(path, name string, arg any) (any, error) {
	switch name {
	case "Ref":
		target, ok := arg.(string)
		if !ok {
			return nil, fail(path, "!Ref wants a name")
		}
		return s.ref(path, target)
	case "Fn::Sub":
		return s.sub(path, arg)
	case "Fn::If":
		return s.choose(path, arg)
	case "Fn::Equals", "Fn::Not", "Fn::And", "Fn::Or":
		return s.condition(path, object{name: arg})
	case "Fn::GetAtt", "Fn::Join", "Fn::Select", "Fn::Split", "Fn::FindInMap":
		args, err := s.eval(path, arg)
		if err != nil {
			return nil, err
		}
		list, ok := args.([]any)
		if !ok {
			return nil, fail(path, "%s wants a list", name)
		}
		return s.callList(path, name, list)
	default:
		return nil, fail(path, "%s is not supported", name)
	}
}

func (s *scope) callList(path, name string, args []any) (any, error) {
	switch name {
	case "Fn::GetAtt":
		return s.getAtt(path, args)
	case "Fn::Join":
		return join(path, args)
	case "Fn::Select":
		return selectItem(path, args)
	case "Fn::Split":
		return split(path, args)
	default:
		return s.findInMap(path, args)
	}
}

// choose evaluates the branch taken only, as CloudFormation does.
func (s *scope) choose(path string, arg any) (any, error) {
	args, ok := arg.([]any)
	if !ok || len(args) != 3 {
		return nil, fail(path, "!If wants a condition and two values")
	}
	name, ok := args[0].(string)
	if !ok {
		return nil, fail(path, "!If wants the name of a condition")
	}
	yes, err := s.named(path, name)
	if err != nil {
		return nil, err
	}
	if yes {
		return s.eval(path, args[1])
	}
	return s.eval(path, args[2])
}

// sub replaces ${Name}, ${Resource.Attribute} and, in the list form, the
// names of the given map; ${!Name} stands for a literal ${Name}.
func (s *scope) sub(path string, arg any) (any, error) {
	text, names, err := s.subArguments(path, arg)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		if !found {
			return b.String(), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return nil, fail(path, "!Sub: ${ without }")
		}
		value, err := s.subName(path, name, names)
		if err != nil {
			return nil, err
		}
		b.WriteString(value)
		text = after
	}
}

func (s *scope) subArguments(path string, arg any) (string, object, error) {
	if text, ok := arg.(string); ok {
		return text, nil, nil
	}
	args, ok := arg.([]any)
	if !ok || len(args) != 2 {
		return "", nil, fail(path, "!Sub wants a text, or a text and a map")
	}
	text, isText := args[0].(string)
	evaluated, err := s.eval(path, args[1])
	if err != nil {
		return "", nil, err
	}
	names, isMap := evaluated.(object)
	if !isText || !isMap {
		return "", nil, fail(path, "!Sub wants a text and a map")
	}
	return text, names, nil
}

func (s *scope) subName(path, name string, names object) (string, error) {
	if literal, ok := strings.CutPrefix(name, "!"); ok {
		return "${" + literal + "}", nil
	}
	name = strings.TrimSpace(name)
	value, given := names[name]
	if !given {
		var err error
		if resource, attr, dotted := strings.Cut(name, "."); dotted {
			value, err = s.getAtt(path, []any{resource, attr})
		} else {
			value, err = s.ref(path, name)
		}
		if err != nil {
			return "", err
		}
	}
	return scalarText(path+": ${"+name+"}", value)
}

// scalarText is how a scalar stands in a text.
func scalarText(path string, v any) (string, error) {
	switch v := v.(type) {
	case string:
		return v, nil
	case bool, fmt.Stringer:
		return fmt.Sprint(v), nil
	default:
		return "", fail(path, "is not a scalar")
	}
}

func join(path string, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fail(path, "!Join wants a separator and a list")
	}
	sep, okSep := args[0].(string)
	items, okItems := args[1].([]any)
	if !okSep || !okItems {
		return nil, fail(path, "!Join wants a separator and a list")
	}
	texts := make([]string, 0, len(items))
	for _, item := range items {
		text, err := scalarText(path, item)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, sep), nil
}

func selectItem(path string, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fail(path, "!Select wants an index and a list")
	}
	var index Int
	items, ok := args[1].([]any)
	if err := index.set(args[0]); err != nil || !ok {
		return nil, fail(path, "!Select wants an index and a list")
	}
	if index < 0 || int(index) >= len(items) {
		return nil, fail(path, "!Select %d of %d items", index, len(items))
	}
	return items[index], nil
}

func split(path string, args []any) (any, error) {
	if len(args) != 2 {
		return nil, fail(path, "!Split wants a separator and a text")
	}
	sep, okSep := args[0].(string)
	text, okText := args[1].(string)
	if !okSep || !okText || sep == "" {
		return nil, fail(path, "!Split wants a separator and a text")
	}
	parts := strings.Split(text, sep)
	out := make([]any, len(parts))
	for i, p := range parts {
		out[i] = p
	}
	return out, nil
}

func (s *scope) findInMap(path string, args []any) (any, error) {
	var v any = s.mappings
	for _, a := range args {
		key, err := scalarText(path, a)
		if err != nil {
			return nil, err
		}
		m, _ := v.(object)
		next, found := m[key]
		if !found {
			return nil, fail(path, "!FindInMap: no %q", key)
		}
		v = next
	}
	if len(args) != 3 {
		return nil, fail(path, "!FindInMap wants a map and two keys")
	}
	return v, nil
}

// keys lists a mapping's keys in order, so that complaints come in order.
func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
