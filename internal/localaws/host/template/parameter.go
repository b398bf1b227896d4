package template

import (
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// parameter is one entry of the Parameters section.
type parameter struct {
	Type                  string
	Default               *Text
	AllowedPattern        string
	AllowedValues         []Text
	MinLength, MaxLength  *Int
	MinValue, MaxValue    *Int
	NoEcho                Bool
	Description           ignored
	ConstraintDescription string
}

// parameters checks the given values against the template's declarations.
func (s *scope) readParameters(section object, o Options) error {
	for name := range o.Parameters {
		if _, ok := section[name]; !ok {
			return fail("Parameters", "no parameter %q", name)
		}
	}
	for name := range o.Loopback {
		if _, ok := section[name]; !ok {
			return fail("Parameters", "no parameter %q", name)
		}
	}
	for _, name := range keys(section) {
		if err := s.readParameter(name, section[name], o); err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) readParameter(name string, declared any, o Options) error {
	path := "Parameters." + name
	var p parameter
	if err := decode(path, declared, &p); err != nil {
		return err
	}
	if address, ok := o.Loopback[name]; ok {
		s.parameters[name] = address
		return checkLoopback(path, address)
	}
	value, given := o.Parameters[name]
	if !given {
		if p.Default == nil {
			return fail(path, "has no default and no value was given")
		}
		value = string(*p.Default)
	}
	if err := p.check(value); err != nil {
		return fail(path, "%v", err)
	}
	return s.setParameter(path, name, p.Type, value)
}

func (s *scope) setParameter(path, name, typ, value string) error {
	switch typ {
	case "String", "Number":
		s.parameters[name] = value
	case "CommaDelimitedList":
		var list []any
		for item := range strings.SplitSeq(value, ",") {
			list = append(list, strings.TrimSpace(item))
		}
		s.parameters[name] = list
	default:
		return fail(path, "type %s is not supported", typ)
	}
	return nil
}

// checkLoopback keeps the exemption from patterns to what it is meant for.
func checkLoopback(path, address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fail(path, "is not an address")
	}
	ip, err := netip.ParseAddr(u.Hostname())
	if u.Hostname() != "localhost" && (err != nil || !ip.IsLoopback()) {
		return fail(path, "%s is not an address of this machine", u.Host)
	}
	return nil
}

func (p parameter) check(value string) error {
	if len(p.AllowedValues) > 0 && !slices.Contains(p.AllowedValues, Text(value)) {
		return fmt.Errorf("%q is none of the allowed values", value)
	}
	if p.AllowedPattern != "" {
		re, err := regexp.Compile(`^(?:` + p.AllowedPattern + `)$`)
		if err != nil {
			return fmt.Errorf("AllowedPattern: %w", err)
		}
		if !re.MatchString(value) {
			return fmt.Errorf("%q is against the allowed pattern %s", value, p.AllowedPattern)
		}
	}
	if p.Type == "Number" {
		return p.checkNumber(value)
	}
	if outside(len(value), p.MinLength, p.MaxLength) {
		return fmt.Errorf("has %d characters", len(value))
	}
	return nil
}

func (p parameter) checkNumber(value string) error {
	n, err := strconv.ParseFloat(value, 64)
	if err != nil {
		return fmt.Errorf("%q is not a number", value)
	}
	if outside(int(n), p.MinValue, p.MaxValue) {
		return fmt.Errorf("%s is outside its range", value)
	}
	return nil
}

func outside(n int, low, high *Int) bool {
	return low != nil && n < int(*low) || high != nil && n > int(*high)
}
