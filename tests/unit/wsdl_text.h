/*
 * wsdl_text.h - pieces of a service's description (WSDL), for servers in memory.
 */
#ifndef TESTS_WSDL_TEXT_H
#define TESTS_WSDL_TEXT_H

#define ENDPOINT_NS "http://endpoint.server.webservice.bfabric.org/"

#define ELEMENT(name, type) "<xs:element minOccurs='0' name='" name "' type='" type "'/>"
#define MANY(name, type)                                                                           \
	"<xs:element minOccurs='0' maxOccurs='unbounded' name='" name "' type='" type "'/>"
#define TYPE(name, content)                                                                        \
	"<xs:complexType name='" name "'><xs:sequence>" content "</xs:sequence></xs:complexType>"
#define LOGIN ELEMENT("login", "xs:string") ELEMENT("password", "xs:string")

#endif
