package usagetest

import (
	"reflect"
	"time"
)

// copied is a value that shares nothing with v that could be changed.
func copied[T any](plain map[reflect.Type]bool, v T) T {
	own(plain, reflect.ValueOf(&v).Elem())
	return v
}

// stored is a copy as a table keeps it: moments lose the monotonic clock and
// the zone.
func stored[T any](v T) T {
	own(nil, reflect.ValueOf(&v).Elem())
	return v
}

// own gives a value slices, maps and pointers of its own. Types that are plain
// have none in them; without a map of those, every moment is visited too.
func own(plain map[reflect.Type]bool, v reflect.Value) {
	if plain != nil && isPlain(plain, v.Type()) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		ownFields(plain, v)
	case reflect.Pointer:
		if !v.IsNil() {
			fresh := reflect.New(v.Type().Elem())
			fresh.Elem().Set(v.Elem())
			own(plain, fresh.Elem())
			v.Set(fresh)
		}
	case reflect.Slice:
		if !v.IsNil() {
			ownElements(plain, v)
		}
	case reflect.Map:
		if !v.IsNil() {
			ownEntries(plain, v)
		}
	default: // nothing in it is shared
	}
}

func ownFields(plain map[reflect.Type]bool, v reflect.Value) {
	if t, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
		*t = t.Round(0).UTC()
		return
	}
	for i := range v.NumField() { //nolint:modernize // an iterator takes three times as long
		own(plain, v.Field(i))
	}
}

func ownElements(plain map[reflect.Type]bool, v reflect.Value) {
	fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
	reflect.Copy(fresh, v)
	if plain == nil || !isPlain(plain, v.Type().Elem()) {
		for i := range fresh.Len() {
			own(plain, fresh.Index(i))
		}
	}
	v.Set(fresh)
}

func ownEntries(plain map[reflect.Type]bool, v reflect.Value) {
	fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
	for at := v.MapRange(); at.Next(); {
		value := reflect.New(v.Type().Elem()).Elem()
		value.Set(at.Value())
		own(plain, value)
		fresh.SetMapIndex(at.Key(), value)
	}
	v.Set(fresh)
}

// isPlain reports whether copies of a type share nothing. What was found is
// kept in plain.
func isPlain(plain map[reflect.Type]bool, t reflect.Type) bool {
	if known, ok := plain[t]; ok {
		return known
	}
	is := true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		is = false
	case reflect.Struct:
		for field := range t.Fields() {
			is = is && (t == reflect.TypeFor[time.Time]() || isPlain(plain, field.Type))
		}
	default:
	}
	plain[t] = is
	return is
}
