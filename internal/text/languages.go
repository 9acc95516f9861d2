package text

// Language is one that people write in.
type Language struct {
	Code string `json:"code"` // ISO 639-1
	Name string `json:"name"` // as those who speak it call it
}

// Languages are those that people choose from. Posts may be in any other.
var Languages = []Language{
	{"bg", "Български"}, {"cs", "Čeština"}, {"da", "Dansk"}, {"de", "Deutsch"}, {"el", "Ελληνικά"}, {"en", "English"},
	{"es", "Español"}, {"et", "Eesti"}, {"fi", "Suomi"}, {"fr", "Français"}, {"ga", "Gaeilge"}, {"hi", "हिन्दी"},
	{"hr", "Hrvatski"}, {"hu", "Magyar"}, {"id", "Bahasa Indonesia"}, {"it", "Italiano"}, {"ja", "日本語"}, {"ko", "한국어"},
	{"lt", "Lietuvių"}, {"lv", "Latviešu"}, {"nl", "Nederlands"}, {"no", "Norsk"}, {"pl", "Polski"}, {"pt", "Português"},
	{"ro", "Română"}, {"ru", "Русский"}, {"sk", "Slovenčina"}, {"sl", "Slovenščina"}, {"sv", "Svenska"}, {"tr", "Türkçe"},
	{"uk", "Українська"}, {"vi", "Tiếng Việt"}, {"zh", "中文"},
}
