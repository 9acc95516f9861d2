package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Sample is a settings file with every setting at its default, commented.
func Sample() string {
	var b strings.Builder
	b.WriteString("# Settings of a Parley node. Every line shows the default; remove the # to change it.\n" +
		"# A variable wins over this file: PARLEY_FEDERATION_MODE=open is [federation] mode = \"open\".\n\n")
	write(&b, reflect.ValueOf(Default()).Elem(), "")
	return b.String()
}

func write(b *strings.Builder, v reflect.Value, table string) {
	var tables []int
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name := field.Tag.Get("toml")
		kind := field.Type.Kind()
		switch {
		case name == "-":
		case kind == reflect.Struct || kind == reflect.Slice && field.Type.Elem().Kind() == reflect.Struct:
			tables = append(tables, i)
		default:
			if doc := field.Tag.Get("doc"); doc != "" {
				fmt.Fprintf(b, "# %s\n", doc)
			}
			fmt.Fprintf(b, "#%s = %s\n\n", name, literal(v.Field(i)))
		}
	}
	for _, i := range tables {
		field := v.Type().Field(i)
		name := strings.TrimPrefix(table+"."+field.Tag.Get("toml"), ".")
		if field.Type.Kind() == reflect.Slice {
			fmt.Fprintf(b, "# %s\n#[[%s]]\n\n", field.Tag.Get("doc"), name)
			write(b, reflect.New(field.Type.Elem()).Elem(), name)
			continue
		}
		if doc := field.Tag.Get("doc"); doc != "" { // of a table that repeats
			fmt.Fprintf(b, "# %s\n#", doc)
		}
		fmt.Fprintf(b, "[%s]\n\n", name)
		write(b, v.Field(i), name)
	}
}

func literal(v reflect.Value) string {
	switch v.Kind() {
	case reflect.String:
		return fmt.Sprintf("%q", v.String())
	case reflect.Slice:
		return "[]"
	case reflect.Map:
		return `{ "a-group" = "moderator" }`
	default:
		return fmt.Sprint(v.Interface())
	}
}
