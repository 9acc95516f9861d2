package config

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// setting is a single value of the struct, with its name as in TOML.
type setting struct {
	name, doc string
	value     reflect.Value
}

// settings lists all values that are not in tables that repeat.
func settings(v reflect.Value, prefix string) []setting {
	var list []setting
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("toml"), ",")
		switch {
		case name == "-":
		case field.Type.Kind() == reflect.Struct:
			list = append(list, settings(v.Field(i), prefix+name+".")...)
		case field.Type.Kind() == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct:
		default:
			list = append(list, setting{prefix + name, field.Tag.Get("doc"), v.Field(i)})
		}
	}
	return list
}

// override sets what PARLEY_* variables say: PARLEY_ and the setting's name in
// upper case, dots as underscores. Lists are separated by commas. A variable of
// one of the tables that names no setting is a mistake; other programs may have
// PARLEY_* variables of their own.
func override(c *Config, environ []string) error {
	known, tables := map[string]setting{}, []string{"PARLEY_OIDC_"}
	for _, s := range settings(reflect.ValueOf(c).Elem(), "") {
		known["PARLEY_"+strings.ToUpper(strings.ReplaceAll(s.name, ".", "_"))] = s
		if table, _, inTable := strings.Cut(s.name, "."); inTable {
			tables = append(tables, "PARLEY_"+strings.ToUpper(table)+"_")
		}
	}
	for _, line := range environ {
		name, text, _ := strings.Cut(line, "=")
		s, ok := known[name]
		if !ok {
			if slices.ContainsFunc(tables, func(table string) bool { return strings.HasPrefix(name, table) }) {
				return fmt.Errorf("%s: there is no such setting", name)
			}
			continue
		}
		if err := s.set(text); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (s setting) set(text string) error {
	switch s.value.Kind() {
	case reflect.String:
		s.value.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return fmt.Errorf("%q is neither true nor false", text)
		}
		s.value.SetBool(b)
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return fmt.Errorf("%q is not a number", text)
		}
		s.value.SetInt(int64(n))
	case reflect.Slice:
		var list []string
		for part := range strings.SplitSeq(text, ",") {
			if part = strings.TrimSpace(part); part != "" {
				list = append(list, part)
			}
		}
		s.value.Set(reflect.ValueOf(list))
	default:
		return fmt.Errorf("this setting cannot be given here: write it into the file")
	}
	return nil
}
