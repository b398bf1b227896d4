package template

// named evaluates a condition of the Conditions section, once.
func (s *scope) named(path, name string) (bool, error) {
	if v, done := s.decided[name]; done {
		return v, nil
	}
	body, ok := s.conditions[name]
	if !ok {
		return false, fail(path, "no condition %q", name)
	}
	if s.visiting["condition "+name] {
		return false, fail(path, "condition %q depends on itself", name)
	}
	s.visiting["condition "+name] = true
	defer delete(s.visiting, "condition "+name)
	v, err := s.condition("Conditions."+name, body)
	if err != nil {
		return false, err
	}
	s.decided[name] = v
	return v, nil
}

// condition evaluates one of the functions that may stand in a condition.
func (s *scope) condition(path string, v any) (bool, error) {
	m, ok := v.(object)
	if !ok || len(m) != 1 {
		return false, fail(path, "is not a condition")
	}
	if name, ok := m["Condition"].(string); ok {
		return s.named(path, name)
	}
	name, arg, _ := intrinsic(m)
	args, ok := arg.([]any)
	if !ok {
		return false, fail(path, "is not a condition")
	}
	switch name {
	case "Fn::Equals":
		return s.equals(path, args)
	case "Fn::Not":
		return s.not(path, args)
	case "Fn::And":
		return s.combine(path, args, true)
	case "Fn::Or":
		return s.combine(path, args, false)
	default:
		return false, fail(path, "%s is not a condition", name)
	}
}

func (s *scope) equals(path string, args []any) (bool, error) {
	if len(args) != 2 {
		return false, fail(path, "!Equals wants two values")
	}
	var texts [2]string
	for i, a := range args {
		v, err := s.eval(path, a)
		if err != nil {
			return false, err
		}
		if texts[i], err = scalarText(path, v); err != nil {
			return false, err
		}
	}
	return texts[0] == texts[1], nil
}

func (s *scope) not(path string, args []any) (bool, error) {
	if len(args) != 1 {
		return false, fail(path, "!Not wants one condition")
	}
	v, err := s.condition(path, args[0])
	return !v, err
}

// combine is And for all = true and Or for all = false. It evaluates every
// operand, so that a dangling name never hides behind a short cut.
func (s *scope) combine(path string, args []any, all bool) (bool, error) {
	if len(args) < 2 || len(args) > 10 {
		return false, fail(path, "!And and !Or want two to ten conditions")
	}
	result := all
	for _, a := range args {
		v, err := s.condition(path, a)
		if err != nil {
			return false, err
		}
		if all {
			result = result && v
		} else {
			result = result || v
		}
	}
	return result, nil
}
