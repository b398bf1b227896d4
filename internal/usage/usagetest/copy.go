package usagetest

import (
	"reflect"
	"time"
)

// copied is a value that shares nothing with v that could be changed. Moments
// lose what a table does not keep: the monotonic clock and the zone.
func copied[T any](v T) T {
	own(reflect.ValueOf(&v).Elem())
	return v
}

// own gives a value slices, maps and pointers of its own.
func own(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		ownFields(v)
	case reflect.Pointer:
		if !v.IsNil() {
			fresh := reflect.New(v.Type().Elem())
			fresh.Elem().Set(v.Elem())
			own(fresh.Elem())
			v.Set(fresh)
		}
	case reflect.Slice:
		if !v.IsNil() {
			fresh := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(fresh, v)
			for i := range fresh.Len() {
				own(fresh.Index(i))
			}
			v.Set(fresh)
		}
	case reflect.Map:
		if !v.IsNil() {
			fresh := reflect.MakeMapWithSize(v.Type(), v.Len())
			for at := v.MapRange(); at.Next(); {
				value := reflect.New(v.Type().Elem()).Elem()
				value.Set(at.Value())
				own(value)
				fresh.SetMapIndex(at.Key(), value)
			}
			v.Set(fresh)
		}
	default: // nothing in it is shared
	}
}

func ownFields(v reflect.Value) {
	if t, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
		*t = t.Round(0).UTC()
		return
	}
	for _, field := range v.Fields() {
		own(field)
	}
}
